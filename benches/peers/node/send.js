// nodemailer with its pool, handlebars and RSA DKIM: node send.js PORT COUNT CONNECTIONS KEY
'use strict';
const fs = require('fs');
const handlebars = require('handlebars');
const nodemailer = require('nodemailer');

const [port, count, connections] = process.argv.slice(2, 5).map(Number);
const paragraph =
  'The regional round of business meetings brings buyers from five countries together with exporters of fresh ' +
  'fruit, coffee, cocoa and flowers; each meeting takes twenty minutes, in the language that both sides prefer, and ' +
  'the agenda is drawn up from what {{name}} told us in the registration form. Samples are welcome, customs papers ' +
  'for them are ours to arrange, and the hall opens at eight.';
const text = handlebars.compile('Dear {{name}} of {{company}},\n\n' + (paragraph + '\n\n').repeat(13), { noEscape: true });
const style = 'margin:0 0 12px;font:16px/1.5 sans-serif;color:#222';
const html = handlebars.compile(
  '<html><body><p>Dear {{name}} of {{company}},</p>\n' + `<p style="${style}">${paragraph}</p>\n`.repeat(13) + '</body></html>\n'
);
const names = ['María Ñáñez', "Giuseppe D'Alò", 'Anne-Sofie Bjørk', 'José Peña', "Zoë O'Neill"];
const transport = nodemailer.createTransport({
  host: '127.0.0.1', port, secure: false, ignoreTLS: true,
  pool: true, maxConnections: connections, maxMessages: Infinity,
  dkim: { domainName: 'camara.example', keySelector: 'bench', privateKey: fs.readFileSync(process.argv[5], 'utf8') },
});

async function worker(state) {
  while (state.next < count) {
    const number = state.next++;
    const values = { name: names[number % names.length], company: `Company ${number} S.A.` };
    await transport.sendMail({
      from: 'eventos@camara.example', to: `member${number}@rcpt.example`,
      subject: `${values.name}: business meetings`, text: text(values), html: html(values),
    });
  }
}

const state = { next: 0 };
Promise.all(Array.from({ length: connections * 2 }, () => worker(state)))
  .then(() => transport.close())
  .catch((error) => { console.error(error); process.exit(1); });
