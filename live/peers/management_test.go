package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// The embedded broker and the front of any other list a connection and close it, as RabbitMQ's management plugin does.
func TestConnectionsAreListedAndClosed(t *testing.T) {
	server := amqptest.NewServer(amqptest.Options{})
	t.Cleanup(server.Close)
	front, err := newFront(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(front.Close)
	for name, m := range map[string]managed{"embedded": embedded{server}, "front": front} {
		t.Run(name, func(t *testing.T) {
			s, err := manage(m)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			api := "http://127.0.0.1:" + s.port() + "/api/connections/"

			if got := listed(t, api); len(got) != 0 {
				t.Errorf("before there is a connection: %v", got)
			}
			conn, err := amqp091.DialConfig(m.url(), amqp091.Config{Properties: amqp091.Table{"connection_name": "c"}})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			closed := conn.NotifyClose(make(chan *amqp091.Error, 1))
			want := connection{Name: conn.LocalAddr().String() + " -> " + conn.RemoteAddr().String()}
			want.ClientProperties.ConnectionName = "c"
			if diff := cmp.Diff([]connection{want}, listed(t, api)); diff != "" {
				t.Error(diff)
			}

			for name, status := range map[string]int{"nobody": http.StatusNotFound, want.Name: http.StatusNoContent} {
				if got := request(t, http.MethodDelete, api+url.PathEscape(name)).StatusCode; got != status {
					t.Errorf("closing %s: %d, not %d", name, got, status)
				}
			}
			got := *<-closed
			got.Reason, got.Recover = "", false
			if diff := cmp.Diff(amqp091.Error{Code: amqp091.ConnectionForced, Server: true}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func listed(t *testing.T, api string) (all []connection) {
	t.Helper()
	answer := request(t, http.MethodGet, api)
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

func request(t *testing.T, method, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// The one command of rabbitmqctl that there is turns the alarm of the embedded broker on and off.
func TestAlarm(t *testing.T) {
	server := amqptest.NewServer(amqptest.Options{})
	t.Cleanup(server.Close)
	s, err := manage(embedded{server})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	alarm := "http://127.0.0.1:" + s.port() + "/alarm/"
	if err := rabbitmqctl(alarm, []string{"stop"}); err == nil {
		t.Error("there is a rabbitmqctl stop")
	}

	conn, err := amqp091.Dial(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	blocked := conn.NotifyBlocked(make(chan amqp091.Blocking, 2))
	if err := rabbitmqctl(alarm, []string{"set_vm_memory_high_watermark", "0.0001"}); err != nil {
		t.Fatal(err)
	}
	if err := ch.PublishWithContext(t.Context(), "", "q", false, false, amqp091.Publishing{}); err != nil {
		t.Fatal(err)
	}
	if b := <-blocked; !b.Active {
		t.Errorf("the alarm is on: %+v", b)
	}
	if err := rabbitmqctl(alarm, []string{"set_vm_memory_high_watermark", "0.4"}); err != nil {
		t.Fatal(err)
	}
	if b := <-blocked; b.Active {
		t.Errorf("the alarm is off: %+v", b)
	}
}
