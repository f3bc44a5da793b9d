package replay

import (
	"github.com/lockstep-prover/lockstep/live/session"
	"github.com/lockstep-prover/lockstep/model/amqp"
)

// prepare does what the model's administrator has done, on a connection that then is closed.
func (r *replay) prepare(addr string) error {
	if len(r.plan.prelude) == 0 {
		return nil
	}
	ctx, cancel := r.wait(0)
	defer cancel()
	s, err := session.Connect(ctx, addr, nil)
	if err == nil {
		defer s.Close(false)
		err = s.Handshake(ctx, r.login, 0)
	}
	if err == nil {
		err = s.Ask(ctx, 0, amqp.ConnectionOpen{VirtualHost: "/"})
	}
	for _, m := range append([]amqp.Method{amqp.ChannelOpen{}, amqp.ConfirmSelect{}}, r.plan.prelude...) {
		if err == nil {
			err = s.Ask(ctx, 1, m)
		}
	}
	if err == nil {
		err = s.Ask(ctx, 0, amqp.ConnectionClose{Code: amqp.Success})
	}
	if err != nil {
		return &EnvironmentError{"preparing the broker", err}
	}
	return nil
}
