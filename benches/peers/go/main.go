// A pool of kept-open net/smtp connections with compiled templates, as listmonk sends: one goroutine
// a connection, MAIL, RCPT and DATA one after another.
//
//	gopool HOST:PORT COUNT CONNECTIONS
package main

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/smtp"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"sync"
	"text/template"
)

type member struct{ Email, Name, Company string }

const paragraph = `The regional round of business meetings brings buyers from five countries together with exporters of fresh fruit, coffee, cocoa and flowers; each meeting takes twenty minutes, in the language that both sides prefer, and the agenda is drawn up from what {{.Name}} told us in the registration form. Samples are welcome, customs papers for them are ours to arrange, and the hall opens at eight.`

var (
	text = template.Must(template.New("text").Parse("Dear {{.Name}} of {{.Company}},\n\n" + strings.Repeat(paragraph+"\n\n", 13)))
	html = htmltemplate.Must(htmltemplate.New("html").Parse("<html><body><p>Dear {{.Name}} of {{.Company}},</p>\n" +
		strings.Repeat(`<p style="margin:0 0 12px;font:16px/1.5 sans-serif;color:#222">`+paragraph+"</p>\n", 13) + "</body></html>\n"))
	names = []string{"María Ñáñez", "Giuseppe D'Alò", "Anne-Sofie Bjørk", "José Peña", "Zoë O'Neill"}
)

func part(w *multipart.Writer, kind string, run func(*quotedprintable.Writer) error) error {
	header := textproto.MIMEHeader{}
	header.Set("Content-Type", kind+"; charset=utf-8")
	header.Set("Content-Transfer-Encoding", "quoted-printable")
	out, err := w.CreatePart(header)
	if err != nil {
		return err
	}
	encoder := quotedprintable.NewWriter(out)
	if err := run(encoder); err != nil {
		return err
	}
	return encoder.Close()
}

func compose(m member, number int) ([]byte, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	var message bytes.Buffer
	fmt.Fprintf(&message, "From: eventos@camara.example\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%d@camara.example>\r\n",
		m.Email, mime.QEncoding.Encode("utf-8", m.Name+": business meetings"), number)
	fmt.Fprintf(&message, "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=%s\r\n\r\n", w.Boundary())
	if err := part(w, "text/plain", func(q *quotedprintable.Writer) error { return text.Execute(q, m) }); err != nil {
		return nil, err
	}
	if err := part(w, "text/html", func(q *quotedprintable.Writer) error { return html.Execute(q, m) }); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	message.Write(body.Bytes())
	return message.Bytes(), nil
}

func send(client *smtp.Client, number int) error {
	m := member{fmt.Sprintf("member%d@rcpt.example", number), names[number%len(names)], fmt.Sprintf("Company %d S.A.", number)}
	message, err := compose(m, number)
	if err != nil {
		return err
	}
	if err := client.Mail("bounces@camara.example"); err != nil {
		return err
	}
	if err := client.Rcpt(m.Email); err != nil {
		return err
	}
	out, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := out.Write(message); err != nil {
		return err
	}
	return out.Close()
}

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	connections, _ := strconv.Atoi(os.Args[3])
	numbers := make(chan int, connections)
	var wait sync.WaitGroup
	for range connections {
		wait.Add(1)
		go func() {
			defer wait.Done()
			client, err := smtp.Dial(os.Args[1])
			if err != nil {
				log.Fatal(err)
			}
			for number := range numbers {
				if err := send(client, number); err != nil {
					log.Fatal(err)
				}
			}
			_ = client.Quit()
		}()
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	wait.Wait()
}
