package amqptest

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"strings"

	"github.com/lockstep-prover/lockstep/model/amqp"
	"github.com/lockstep-prover/lockstep/model/broker"
)

// The mechanisms by which a client can log in.
const (
	plain     = "PLAIN"
	amqPlain  = "AMQPLAIN"
	anonymous = "ANONYMOUS"
	external  = "EXTERNAL"
)

// mechanisms is what connection.start offers.
func (l Login) mechanisms() string {
	offered := []string{plain, amqPlain}
	if l.Anonymous != "" {
		offered = append(offered, anonymous)
	}
	if l.verifiesClients() {
		offered = append(offered, external)
	}
	return strings.Join(offered, " ")
}

func (l Login) verifiesClients() bool {
	return l.TLS != nil && (l.TLS.ClientAuth == tls.VerifyClientCertIfGiven || l.TLS.ClientAuth == tls.RequireAndVerifyClientCert)
}

// identity is who a client says it is, and whether that is so.
type identity struct {
	user   string
	proven bool
}

// identify tells who a client is by the mechanism that it has chosen; false if that is none of ours or the response makes no sense.
func (l Login) identify(m amqp.ConnectionStartOk, link *tls.ConnectionState) (identity, bool) {
	switch m.Mechanism {
	case plain: // RFC 4616, without an identity to act as
		parts := strings.Split(m.Response, "\x00")
		if len(parts) != 3 || parts[0] != "" {
			return identity{}, false
		}
		return identity{parts[1], l.knows(parts[1], parts[2])}, true
	case amqPlain: // a field table without its length
		t, err := amqp.ParseTable([]byte(m.Response))
		if err != nil {
			return identity{}, false
		}
		login, _ := t.Lookup("LOGIN")
		word, _ := t.Lookup("PASSWORD")
		user, isText := login.(string)
		password, isTextToo := word.(string)
		return identity{user, l.knows(user, password)}, isText && isTextToo
	case anonymous: // RFC 4505; the response is for the log
		return identity{l.Anonymous, true}, l.Anonymous != ""
	case external:
		if !l.verifiesClients() || link == nil || len(link.VerifiedChains) == 0 {
			return identity{}, false
		}
		user := link.PeerCertificates[0].Subject.CommonName
		_, known := l.Users[user]
		return identity{user, known}, true
	}
	return identity{}, false
}

// knows reports whether a user has that password. How long it takes tells nothing about either.
func (l Login) knows(user, password string) bool {
	want, known := l.Users[user]
	given, right := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(given[:], right[:]) == 1 && known
}

// peer is what a client has told of itself.
type peer struct {
	name         string // client property connection_name
	user         string
	host         string
	capabilities amqp.Table
}

func newPeer(user string, properties amqp.Table) peer {
	p := peer{user: user, capabilities: capabilities(properties)}
	name, _ := properties.Lookup("connection_name")
	p.name, _ = name.(string)
	return p
}

func capabilities(properties amqp.Table) amqp.Table {
	value, _ := properties.Lookup("capabilities")
	t, _ := value.(amqp.Table)
	return t
}

// capable reports whether a peer's capabilities claim one.
func capable(claimed amqp.Table, name string) bool {
	value, _ := claimed.Lookup(name)
	return value == true
}

// product is whose the server is: what its histories call it.
const product = "Lockstep"

// serverProperties is what RabbitMQ says of itself, for clients that look for its capabilities, or do some things with a RabbitMQ only. Its
// version tells that it is not the original: 3.10.8+lockstep.
func serverProperties(p broker.Profile) amqp.Table {
	return amqp.MustTable(
		amqp.Field{Name: "product", Value: "RabbitMQ"},
		amqp.Field{Name: "version", Value: p.Version() + "+" + strings.ToLower(product)},
		amqp.Field{Name: "information", Value: product + ": an embedded broker for tests, which does as RabbitMQ does"},
		amqp.Field{Name: "platform", Value: "Go"},
		amqp.Field{Name: "capabilities", Value: amqp.MustTable(
			amqp.Field{Name: "authentication_failure_close", Value: true},
			amqp.Field{Name: "basic.nack", Value: true},
			amqp.Field{Name: "connection.blocked", Value: true},
			amqp.Field{Name: "consumer_cancel_notify", Value: true},
			amqp.Field{Name: "consumer_priorities", Value: true},
			amqp.Field{Name: "direct_reply_to", Value: true},
			amqp.Field{Name: "exchange_exchange_bindings", Value: true},
			amqp.Field{Name: "per_consumer_qos", Value: true},
			amqp.Field{Name: "publisher_confirms", Value: true},
		)},
	)
}
