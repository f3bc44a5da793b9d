package replay

import (
	"context"
	"errors"
	"fmt"

	"github.com/lockstep-prover/lockstep/model/amqp"
)

// prepare does what the model's administrator has done, on a connection that then is closed.
func (r *replay) prepare(addr string) error {
	if len(r.plan.prelude) == 0 {
		return nil
	}
	ctx, cancel := r.wait(0)
	defer cancel()
	s, err := connect(ctx, addr)
	if err == nil {
		defer s.close(false)
		err = s.handshake(ctx, r.login, 0)
	}
	if err == nil {
		err = s.ask(ctx, 0, amqp.ConnectionOpen{VirtualHost: "/"})
	}
	for _, m := range append([]amqp.Method{amqp.ChannelOpen{}, amqp.ConfirmSelect{}}, r.plan.prelude...) {
		if err == nil {
			err = s.ask(ctx, 1, m)
		}
	}
	if err == nil {
		err = s.ask(ctx, 0, amqp.ConnectionClose{Code: amqp.Success})
	}
	if err != nil {
		return &EnvironmentError{"preparing the broker", err}
	}
	return nil
}

// ask sends a method and waits for the answer, a publish's confirm included.
func (s *session) ask(ctx context.Context, ch amqp.Channel, m amqp.Method) error {
	if err := s.write(amqp.Frame{Channel: ch, Method: m}); err != nil {
		return err
	}
	f, err := s.read(ctx)
	if err != nil {
		return err
	}
	switch answer := f.Method.(type) {
	case amqp.ChannelClose:
		return fmt.Errorf("%v is refused: %v, %s", m, answer, answer.Text)
	case amqp.ConnectionClose:
		return fmt.Errorf("%v is refused: %v, %s", m, answer, answer.Text)
	case amqp.BasicNack:
		return errors.New("a message is refused")
	}
	return nil
}
