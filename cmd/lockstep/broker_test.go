package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/conform"
	"github.com/lockstep-prover/lockstep/live/history"
	"github.com/lockstep-prover/lockstep/prover/admit"
)

// visitor is a stdout that visits the broker that is printed there, in one write, and then ends the run.
type visitor struct {
	bytes.Buffer
	visit  func(printed string)
	cancel context.CancelFunc
}

func (v *visitor) Write(p []byte) (int, error) {
	n, _ := v.Buffer.Write(p)
	defer v.cancel()
	v.visit(strings.TrimSpace(v.String()))
	return n, nil
}

// visited runs `lockstep broker` on a free port, until visit returns. That is no failure.
func visited(t *testing.T, visit func(printed string), flags ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout := &visitor{visit: visit, cancel: cancel}
	var stderr bytes.Buffer
	status := run(ctx, append([]string{"broker", "--addr", "127.0.0.1:0"}, flags...), strings.NewReader(""), stdout, &stderr, environment{program: "lockstep"})
	if status != 0 || stdout.Len() == 0 {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout.String(), stderr.String())
	}
}

// object reads what --json prints.
func object(t *testing.T, printed string) (o brokerJSON) {
	t.Helper()
	if err := json.Unmarshal([]byte(printed), &o); err != nil {
		t.Errorf("%v: %s", err, printed)
	}
	return o
}

// deposit leaves a persistent message in a durable queue.
func deposit(t *testing.T, c *amqp.Connection) {
	t.Helper()
	ch, err := c.Channel()
	if err == nil {
		_, err = ch.QueueDeclare("kept", true, false, false, false, nil)
	}
	if err == nil {
		err = ch.Confirm(false)
	}
	if err != nil {
		t.Error(err)
		return
	}
	confirm, err := ch.PublishWithDeferredConfirm("", "kept", false, false, amqp.Publishing{Body: []byte("letter"), DeliveryMode: amqp.Persistent})
	if err != nil || !confirm.Wait() {
		t.Errorf("not confirmed: %v", err)
	}
}

// The embedded broker serves clients from the moment its URL is printed until it is interrupted.
func TestBrokerServes(t *testing.T) {
	visited(t, func(printed string) {
		c, err := amqp.Dial(printed)
		if err != nil {
			t.Errorf("dialling %q: %v", printed, err)
			return
		}
		c.Close()
	})
}

// --user and --vhost are who is let in, and where to; nobody and nothing else.
func TestBrokerUsers(t *testing.T) {
	visited(t, func(printed string) {
		got := object(t, printed)
		host := strings.TrimSuffix(strings.TrimPrefix(got.URL, "amqp://alice:a%3Ab@"), "/one")
		if want := (brokerJSON{Schema: brokerSchema, URL: "amqp://alice:a%3Ab@" + host + "/one", Profile: "rabbitmq-4.3"}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for url, welcome := range map[string]bool{
			"amqp://alice:a%3Ab@" + host + "/two": true, "amqp://bob:@" + host + "/one": true,
			"amqp://guest:guest@" + host + "/one": false, "amqp://bob:@" + host + "/": false,
		} {
			c, err := amqp.Dial(url)
			if (err == nil) != welcome {
				t.Errorf("%s: %v", url, err)
			}
			if err == nil {
				c.Close()
			}
		}
	}, "--json", "--user", "alice:a:b", "--user", "bob:", "--vhost", "one", "--vhost", "two", "--profile", "rabbitmq-4.3")
}

// --dir keeps what is durable from one run to the next; --record writes what the machine admits.
func TestBrokerKeepsAndRecords(t *testing.T) {
	dir, record := filepath.Join(t.TempDir(), "new", "state"), filepath.Join(t.TempDir(), "record")
	flags := []string{"--dir", dir, "--record", record, "--asynchronous"}
	visited(t, func(url string) {
		c, err := amqp.Dial(url)
		if err != nil {
			t.Error(err)
			return
		}
		deposit(t, c)
		c.Close()
	}, flags...)
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	h, err := history.Parse(text)
	if err != nil || len(h.Items) < 10 {
		t.Fatalf("%v:\n%s", err, text)
	}
	if r, err := conform.Check(h); err != nil || r.Verdict != admit.Admitted {
		t.Errorf("%+v, %v:\n%s", r, err, text)
	}
	visited(t, func(url string) {
		c, err := amqp.Dial(url)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		ch, err := c.Channel()
		if err != nil {
			t.Error(err)
			return
		}
		if m, ok, err := ch.Get("kept", true); !ok || string(m.Body) != "letter" {
			t.Errorf("got %q, %t, %v", m.Body, ok, err)
		}
	}, flags...)
}

// --metrics has the figures of the broker, in the format of Prometheus.
func TestBrokerMetrics(t *testing.T) {
	visited(t, func(printed string) {
		o := object(t, printed)
		c, err := amqp.Dial(o.URL)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		deposit(t, c)
		response, err := http.Get(o.Metrics)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		var got []string
		for l := range strings.Lines(string(text)) {
			if strings.HasPrefix(l, "lockstep_broker_") && !strings.Contains(l, "_bytes_") {
				got = append(got, strings.TrimSpace(l))
			}
		}
		if diff := cmp.Diff([]string{
			"lockstep_broker_acknowledgements_total 0", "lockstep_broker_channels 1", "lockstep_broker_connections 1", "lockstep_broker_consumers 0",
			"lockstep_broker_exchanges 7", "lockstep_broker_heartbeats_lost_total 0", "lockstep_broker_messages_delivered_total 0",
			"lockstep_broker_messages_published_total 1", "lockstep_broker_messages_ready 1", "lockstep_broker_messages_unacknowledged 0",
			"lockstep_broker_queues 1",
		}, got); diff != "" {
			t.Errorf("(-want +got):\n%s\n%s", diff, text)
		}
		if !strings.Contains(string(text), "\n# TYPE lockstep_broker_read_bytes_total counter\n") || !strings.Contains(string(text), "\ngo_goroutines ") {
			t.Errorf("octets or goroutines are missing:\n%s", text)
		}
	}, "--json", "--metrics", "127.0.0.1:0")
}

// --tls-cert and --tls-key make it speak TLS, and nothing else.
func TestBrokerTLS(t *testing.T) {
	cert, key, trusted := writeCertificate(t)
	visited(t, func(url string) {
		c, err := amqp.DialTLS(url, &tls.Config{RootCAs: trusted})
		if err != nil || !strings.HasPrefix(url, "amqps://") {
			t.Errorf("%s: %v", url, err)
			return
		}
		c.Close()
		if c, err := amqp.Dial("amqp" + strings.TrimPrefix(url, "amqps")); err == nil {
			c.Close()
			t.Error("it speaks AMQP without TLS, too")
		}
	}, "--tls-cert", cert, "--tls-key", key)
}

// writeCertificate writes one for 127.0.0.1 that signs itself.
func writeCertificate(t *testing.T) (cert, key string, trusted *x509.CertPool) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	trusted = x509.NewCertPool()
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		text := pem.EncodeToMemory(block)
		if path == cert {
			trusted.AppendCertsFromPEM(text)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, trusted
}
