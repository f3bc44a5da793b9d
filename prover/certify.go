package prover

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/lockstep-prover/lockstep/model"
)

// Certificate asks for what an independent checker needs to establish the verdicts again: the package prover/certificate has the
// format and the checker, and shares no code with this one.
type Certificate struct {
	To         io.Writer // nil: no certificate
	System     string    // the name of the system, as the checker's user will know it
	Parameters string    // "clients=2 verify=passive"; "": it has none
}

// Certifiable says why a property cannot be certified: what a set of states that is closed under every step does not show. It
// returns nil if it can.
func Certifiable(p model.Property) error {
	switch p.Kind {
	case model.Invariant, model.Monitored, model.DeadlockFree:
		return nil
	}
	return fmt.Errorf("property %q cannot be certified: a certificate is for invariants, monitors and deadlock freedom", p.Name)
}

// certify writes the certificate, if one is asked for and every property is proved.
func (e *exploration) certify() {
	if e.opts.Certificate.To == nil || e.stopped != "" || e.cut != "" {
		return
	}
	for _, c := range e.properties {
		if c.decided() { // refuted: what is proved is decided by results
			return
		}
	}
	if err := e.writeCertificate(); err != nil {
		e.err = fmt.Errorf("certificate: %w", err) // which changes no verdict
	}
}

func (e *exploration) writeCertificate() error {
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(e.opts.Certificate.To, sum), 1<<16)
	fmt.Fprintf(out, "lockstep certificate 1\nsystem: %s\n", e.opts.Certificate.System)
	if e.opts.Certificate.Parameters != "" {
		fmt.Fprintf(out, "parameters: %s\n", e.opts.Certificate.Parameters)
	}
	for _, c := range e.properties {
		fmt.Fprintf(out, "property: %s\n", c.Name)
	}
	symmetric := "no"
	if e.symmetry != nil {
		symmetric = "yes"
	}
	fmt.Fprintf(out, "symmetry: %s\nlog %d\n", symmetric, len(e.tabs.log))
	words := [...]string{byAction: "step %d %d own %d\n", byMessage: "step %d %d input %d\n", byImage: "image %d %d %d\n"}
	for _, d := range e.tabs.log {
		fmt.Fprintf(out, words[d.kind], d.machine, d.local, d.arg)
	}
	fmt.Fprintf(out, "states %d\n", e.states)
	met := e.collect(e.reached)
	v := make([]uint32, len(e.tabs.machines))
	var line []byte
	for i := range e.reached + 1 {
		err := met.each(i, func(states []uint64) {
			for at := 0; at < len(states); at += e.layout.words {
				e.layout.unpack(v, states[at:at+e.layout.words])
				line = line[:0]
				for _, id := range v {
					line = append(strconv.AppendUint(line, uint64(id), 10), ' ')
				}
				line[len(line)-1] = '\n'
				out.Write(line)
			}
		})
		if err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.opts.Certificate.To, "end %x\n", sum.Sum(nil))
	return err
}

// checkCertificate says what is wrong with asking for a certificate.
func checkCertificate(properties []model.Property, o Options) error {
	if o.Certificate.To == nil {
		return nil
	}
	if len(properties) == 0 {
		return errors.New("a certificate is for properties, and there are none")
	}
	for _, p := range properties {
		if err := Certifiable(p); err != nil {
			return err
		}
	}
	return nil
}
