package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/lockstep-prover/lockstep/live/amqptest"
)

// managed is a broker of which amqp091-go's tests ask what clients cannot ask by AMQP.
type managed interface {
	// url is what clients dial.
	url() string
	connections() []connection
	// drop closes a connection with 320 CONNECTION_FORCED; false if there is none of that name.
	drop(name string) bool
}

// connection is what RabbitMQ's management plugin says of one.
type connection struct {
	Name             string `json:"name"`
	ClientProperties struct {
		ConnectionName string `json:"connection_name"`
	} `json:"client_properties"`
}

// management does for brokers what RabbitMQ's management plugin does with connections.
type management struct {
	listener net.Listener
	server   *http.Server
	served   chan struct{} // closed at the end

	mu      sync.Mutex
	brokers []managed
}

// manage listens on a port of 127.0.0.1. The caller must call Close.
func manage(first managed) (*management, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	s := &management{
		listener: listener, server: &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}, served: make(chan struct{}), brokers: []managed{first},
	}
	mux.HandleFunc("GET /api/connections/{$}", s.list)
	mux.HandleFunc("DELETE /api/connections/{name}", s.drop)
	if e, ok := first.(embedded); ok {
		mux.HandleFunc("POST "+alarmPath, func(_ http.ResponseWriter, r *http.Request) { e.Faults().Alarm(r.PathValue("on") == "true") })
	}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(listener) // until Close
	}()
	return s, nil
}

// add makes the connections of one more broker known. Alarms stay with the first.
func (s *management) add(m managed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.brokers = append(s.brokers, m)
}

func (s *management) known() []managed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.brokers)
}

func (s *management) list(w http.ResponseWriter, _ *http.Request) {
	connections := []connection{}
	for _, m := range s.known() {
		connections = append(connections, m.connections()...)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(connections) // the client sees it if half is missing
}

func (s *management) drop(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !slices.ContainsFunc(s.known(), func(m managed) bool { return m.drop(name) }) {
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *management) port() string {
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	return port
}

func (s *management) Close() {
	_ = s.server.Close()
	<-s.served
}

// embedded is the embedded broker, which needs no help.
type embedded struct{ *amqptest.Server }

func (e embedded) url() string { return e.URL() }

func (e embedded) connections() (all []connection) {
	for _, c := range e.Faults().Connections(amqptest.All) {
		described := connection{Name: e.name(c)}
		described.ClientProperties.ConnectionName = c.Name
		all = append(all, described)
	}
	return all
}

func (e embedded) drop(name string) bool {
	named := func(c amqptest.Conn) bool { return e.name(c) == name }
	return len(e.Faults().ForceClose(named, "Closed via management plugin")) > 0
}

// name is as RabbitMQ names connections.
func (e embedded) name(c amqptest.Conn) string { return c.Remote.String() + " -> " + e.Addr() }

const (
	alarmPath = "/alarm/{on}"
	// alarmURL names the environment variable that makes this program the rabbitmqctl of the embedded broker.
	alarmURL = "LOCKSTEP_PEERS_ALARM"
)

// rabbitmqctl does the one command that amqp091-go's tests give: an alarm is on if the memory is said to be next to nothing.
func rabbitmqctl(url string, args []string) error {
	if len(args) != 2 || args[0] != "set_vm_memory_high_watermark" {
		return fmt.Errorf("no rabbitmqctl for %q", args)
	}
	answer, err := http.Post(fmt.Sprint(url, args[1] < "0.1"), "", nil)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("alarm: %s", answer.Status)
	}
	return nil
}

// alarms is the environment in which a test can have an alarm of the embedded broker.
func (s *management) alarms() ([]string, error) {
	self, err := os.Executable()
	return []string{"RABBITMQ_RABBITMQCTL_PATH=" + self, alarmURL + "=http://127.0.0.1:" + s.port() + "/alarm/"}, err
}
