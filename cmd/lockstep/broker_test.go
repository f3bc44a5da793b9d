package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// dialler is a stdout that calls the broker whose URL is printed there, and then ends the run.
type dialler struct {
	bytes.Buffer
	cancel context.CancelFunc
	err    error
}

func (d *dialler) Write(p []byte) (int, error) {
	n, _ := d.Buffer.Write(p)
	if url, _, whole := strings.Cut(d.String(), "\n"); whole {
		defer d.cancel()
		var c *amqp.Connection
		if c, d.err = amqp.Dial(url); d.err == nil {
			d.err = c.Close()
		}
	}
	return n, nil
}

// The embedded broker serves clients from the moment its URL is printed until it is interrupted, which is no failure.
func TestBrokerServes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout := &dialler{cancel: cancel}
	var stderr bytes.Buffer
	status := run(ctx, []string{"broker", "--addr", "127.0.0.1:0"}, strings.NewReader(""), stdout, &stderr, environment{program: "lockstep"})
	if status != 0 || stdout.err != nil || !strings.HasPrefix(stdout.String(), "amqp://") || strings.Count(stdout.String(), "\n") != 1 {
		t.Errorf("status %d, dialling: %v, stdout %q, stderr %q", status, stdout.err, stdout.String(), stderr.String())
	}
}
