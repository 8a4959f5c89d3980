"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const state = { recipient: 0, scheme: "light", show: "mail" };

function setFrame(frame, html) {
  frame.onload = () => {
    const page = frame.contentDocument;
    if (page) frame.height = Math.max(120, page.documentElement.scrollHeight);
  };
  frame.srcdoc = html;
}

function finding(item, place) {
  const entry = document.createElement("li");
  entry.className = item.severity;
  const message = document.createElement("b");
  message.textContent = item.message;
  entry.append(message);
  if (item.excerpt) {
    const excerpt = document.createElement("code");
    excerpt.textContent = item.line + " | " + item.excerpt;
    entry.append(excerpt);
  }
  for (const text of [item.why, item.help, item.code + " " + item.rule]) {
    if (!text) continue;
    const line = document.createElement("div");
    line.className = "quiet";
    line.textContent = text;
    entry.append(line);
  }
  place.append(entry);
}

function showFindings() {
  const all = data.findings;
  at("count").textContent = all.length === 0 ? "No findings" : all.length + (all.length === 1 ? " finding" : " findings");
  const files = new Map();
  for (const item of all) {
    if (item.place === "subject") { finding(item, at("subject-findings")); continue; }
    if (!files.has(item.path)) {
      const heading = document.createElement("h3");
      heading.textContent = item.path;
      const list = document.createElement("ul");
      list.className = "findings";
      at("findings").append(heading, list);
      files.set(item.path, list);
    }
    finding(item, files.get(item.path));
  }
}

function show() {
  const mail = data.mails[state.recipient];
  at("light").setAttribute("aria-pressed", state.scheme === "light");
  at("dark").setAttribute("aria-pressed", state.scheme === "dark");
  for (const name of ["mail", "text", "headers"]) at("show-" + name).setAttribute("aria-pressed", state.show === name);
  const isMail = state.show === "mail" && mail && mail.html;
  document.querySelector(".frames").hidden = !isMail;
  at("text").hidden = state.show !== "text";
  at("headers").hidden = state.show !== "headers";
  at("problem").hidden = !(mail ? mail.problem : data.problem);
  at("problem").textContent = mail ? mail.problem : data.problem;
  if (!mail) return;
  at("to").textContent = mail.to;
  at("subject").textContent = mail.subject;
  at("text").textContent = mail.text;
  at("headers").textContent = mail.headers;
  at("size").textContent = mail.size;
  if (isMail) for (const id of ["desktop", "phone"]) setFrame(at(id), mail.html[state.scheme]);
}

data.mails.forEach((mail, number) => {
  const option = document.createElement("option");
  option.value = number;
  option.textContent = mail.label;
  at("recipient").append(option);
});
at("from").textContent = data.from;
at("recipient").onchange = (event) => { state.recipient = Number(event.target.value); show(); };
for (const scheme of ["light", "dark"]) at(scheme).onclick = () => { state.scheme = scheme; show(); };
for (const name of ["mail", "text", "headers"]) at("show-" + name).onclick = () => { state.show = name; show(); };
showFindings();

// #shot=phone,dark,1 shows one frame and nothing else: for pictures.
const shot = location.hash.match(/^#shot=(desktop|phone),(light|dark),([0-9]+)$/);
if (shot && data.mails[Number(shot[3])]) {
  document.body.classList.add("shot");
  state.scheme = shot[2];
  state.recipient = Number(shot[3]);
  at(shot[1] === "phone" ? "desktop" : "phone").parentElement.remove();
  const keep = at(shot[1]);
  setFrame(keep, data.mails[state.recipient].html ? data.mails[state.recipient].html[state.scheme] : "");
  at("problem").hidden = true;
  keep.addEventListener("load", () => { document.documentElement.dataset.height = keep.height; });
} else {
  show();
}

// With --serve the page is fetched again as soon as a file is saved.
if (data.watch !== null) {
  const look = async () => {
    try {
      const version = await (await fetch("/version")).text();
      if (version !== data.watch) location.reload();
    } catch { /* The preview was stopped. */ }
  };
  setInterval(look, 700);
}
