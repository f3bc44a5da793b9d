package amqptest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// When the disk is full clients are told by 541, nothing more is confirmed, and who connects is told the same; what was confirmed is there
// for the next server on the directory.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, amqptest.Options{Dir: dir, Limits: amqptest.Limits{Disk: 1 << 20}})
	conn := connect(t, s.URL(), amqp091.Config{})
	gone := conn.NotifyClose(make(chan *amqp091.Error, 1))
	ch := openChannel(t, conn)
	if _, err := ch.QueueDeclare("kept", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	confirmed := 0
	for ; confirmed < 10_000; confirmed++ {
		confirm, err := ch.PublishWithDeferredConfirm("", "kept", false, false, amqp091.Publishing{
			Body: fmt.Appendf(nil, "%d/%s", confirmed, strings.Repeat("x", 10_000)), DeliveryMode: 2,
		})
		if err != nil || !confirm.Wait() {
			break
		}
	}
	if err := <-gone; err == nil || err.Code != amqp091.InternalError {
		t.Errorf("after %d messages: %v", confirmed, err)
	}
	<-s.Failed()
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "broker.db")) {
		t.Errorf("error: %v", err)
	}
	if c, err := amqp091.Dial(s.URL()); code(err) != amqp091.InternalError {
		t.Errorf("who comes later: %v", err)
		if err == nil {
			c.Close()
		}
	}
	s.Close()

	next := openChannel(t, connect(t, serve(t, amqptest.Options{Dir: dir}).URL(), amqp091.Config{}))
	for i := range confirmed {
		m, ok, err := next.Get("kept", true)
		if want := fmt.Sprint(i, "/"); !ok || err != nil || !strings.HasPrefix(string(m.Body), want) {
			t.Fatalf("message %d of %d confirmed: %t, %v, %.10s", i, confirmed, ok, err, m.Body)
		}
	}
	if confirmed < 10 {
		t.Errorf("only %d messages fit", confirmed)
	}
}

// A directory that another server has, or whose file is something else or cannot be had, is an error of Listen that says so, and does it no harm.
func TestDirRefused(t *testing.T) {
	taken, strange, nested, full := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	file := func(dir string) string { return filepath.Join(dir, "broker.db") }
	serve(t, amqptest.Options{Dir: taken})
	if err := errors.Join(os.WriteFile(file(strange), []byte("a diary"), 0o600), os.Mkdir(file(nested), 0o700)); err != nil {
		t.Fatal(err)
	}
	wants := map[string]string{
		taken:         taken + " is in use by another broker",
		strange:       file(strange) + " is damaged: ",
		nested:        "open " + file(nested) + ": is a directory",
		file(strange): "mkdir " + file(strange) + ": not a directory",
	}
	if _, err := os.Stat("/dev/full"); err == nil && os.Symlink("/dev/full", file(full)) == nil {
		wants[full] = "write " + file(full) + ": no space left on device"
	}
	for dir, want := range wants {
		s, err := amqptest.Listen(amqptest.Options{Dir: dir})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s…", dir, err, want)
		}
	}
	if text, err := os.ReadFile(file(strange)); string(text) != "a diary" {
		t.Errorf("the strange file says %q now, %v", text, err)
	}
}
