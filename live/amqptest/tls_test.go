package amqptest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/lockstep-prover/lockstep/live/amqptest"
	"github.com/lockstep-prover/lockstep/live/wire"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// certificate makes one for a name, on 127.0.0.1, that signs itself.
func certificate(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// TestTLS serves an ordinary client, faults included, and nobody who speaks something else.
func TestTLS(t *testing.T) {
	own, trusted := certificate(t, "broker")
	s := serve(t, amqptest.Options{Login: amqptest.Login{TLS: &tls.Config{Certificates: []tls.Certificate{own}}}})
	conn := connect(t, s.URL(), amqp091.Config{TLSClientConfig: &tls.Config{RootCAs: trusted}})
	if err := work(conn, "q"); err != nil {
		t.Error(err)
	}
	s.Faults().BlackHole(amqptest.All, amqptest.Both)
	answered := make(chan error, 1)
	go func() {
		_, err := conn.Channel()
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Errorf("an answer comes out of a black hole: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	s.Faults().Heal(amqptest.All)
	if err := <-answered; err != nil {
		t.Error(err)
	}

	for name, says := range map[string]string{"AMQP": wire.Version091, "garbage": "garbage", "nothing": ""} {
		c := dial(t, s.Addr())
		c.write(says)
		c.socket.CloseWrite()
		c.socket.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, c.socket); err != nil && !ended(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestExternal: a client's certificate says who it is, if the server asks for one, trusts it and knows the name.
func TestExternal(t *testing.T) {
	own, trusted := certificate(t, "broker")
	ann, annsPool := certificate(t, "ann")
	eve, evesPool := certificate(t, "eve")
	dialTo := func(s *amqptest.Server, with ...tls.Certificate) error {
		conn, err := amqp091.DialConfig(s.URL(), amqp091.Config{
			SASL: []amqp091.Authentication{&amqp091.ExternalAuth{}}, TLSClientConfig: &tls.Config{RootCAs: trusted, Certificates: with},
		})
		if err == nil {
			conn.Close()
		}
		return err
	}
	start := func(auth tls.ClientAuthType, pool *x509.CertPool) *amqptest.Server {
		return serve(t, amqptest.Options{Login: amqptest.Login{
			Users: map[string]string{"ann": "a"},
			TLS:   &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: auth, ClientCAs: pool},
		}})
	}
	if err := dialTo(start(tls.RequireAndVerifyClientCert, annsPool), ann); err != nil {
		t.Errorf("ann: %v", err)
	}
	if err := dialTo(start(tls.RequireAndVerifyClientCert, annsPool), eve); err == nil {
		t.Error("eve, whom nobody trusts, may connect")
	}
	if err := dialTo(start(tls.RequireAndVerifyClientCert, evesPool), eve); code(err) != amqp091.AccessRefused {
		t.Errorf("eve, who is no user: %v", err)
	}
	if err := dialTo(start(tls.VerifyClientCertIfGiven, annsPool)); err == nil {
		t.Error("nobody may connect")
	}
	if err := dialTo(start(tls.RequestClientCert, annsPool), ann); !errors.Is(err, amqp091.ErrSASL) {
		t.Errorf("a certificate that nobody verifies: %v", err)
	}
}

// TestAnonymous: only where it is asked for.
func TestAnonymous(t *testing.T) {
	anonymous := login{mechanism: "ANONYMOUS", response: "trace"}
	c := dial(t, serve(t, amqptest.Options{}).Addr())
	c.write(wire.Version091 + frames(t, 0, anonymous.startOk()))
	if said := c.rest(); said != `connection.start 0-9 mechanisms="PLAIN AMQPLAIN"` {
		t.Errorf("the server says %s", said)
	}
	s := serve(t, amqptest.Options{Login: amqptest.Login{Anonymous: "nobody"}})
	c = dial(t, s.Addr())
	c.open(anonymous)
	if all := s.Faults().Connections(amqptest.All); len(all) != 1 || all[0].User != "nobody" {
		t.Errorf("connections: %+v", all)
	}
}

// TestSlowHandshake: who takes too long is reset, however much it says meanwhile.
func TestSlowHandshake(t *testing.T) {
	s := serve(t, amqptest.Options{Limits: amqptest.Limits{Handshake: 300 * time.Millisecond}})
	begun := time.Now()
	drip, silent := dial(t, s.Addr()), dial(t, s.Addr())
	silent.write(wire.Version091 + frames(t, 0, login{}.startOk()))
	octets := wire.Version091 + string(make([]byte, 1<<20))
	for i := 0; ; i++ {
		if _, err := drip.socket.Write([]byte(octets[i : i+1])); err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	silent.rest()
	if took := time.Since(begun); took < 250*time.Millisecond || took > patience {
		t.Errorf("reset after %v", took)
	}
}

// TestBeforeLogin: nobody unknown gets anything but the handshake, nor memory for what they send.
func TestBeforeLogin(t *testing.T) {
	s := serve(t, amqptest.Options{})
	publish := amqp.BasicPublish{RoutingKey: "q", Message: amqp.Message{Body: "body"}}
	for name, says := range map[string]string{
		"a channel":      frames(t, 1, amqp.ChannelOpen{}),
		"a content":      frames(t, 1, publish),
		"half a content": frames(t, 0, publish)[:30],
		"a large frame":  "\x01\x00\x00\x00\x00\x10\x09" + string(make([]byte, 4200)),
	} {
		c := dial(t, s.Addr())
		c.write(wire.Version091 + says)
		c.socket.CloseWrite()
		if said := c.rest(); said != `connection.start 0-9 mechanisms="PLAIN AMQPLAIN"` {
			t.Errorf("%s: the server says %s", name, said)
		}
	}
}
