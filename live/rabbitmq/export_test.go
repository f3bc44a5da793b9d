package rabbitmq

import "context"

// StartOn is Start with ports blocks that begin at the given bases, tried in
// turn without looking whether they are free, before it picks its own.
func StartOn(ctx context.Context, opts Options, bases ...int) (*Node, error) {
	return start(ctx, opts, func() (ports, error) {
		if len(bases) == 0 {
			return reservePorts()
		}
		base := bases[0]
		bases = bases[1:]
		return ports{amqp: base, dist: base + 1, epmd: base + 2}, nil
	})
}

// FreeBlock returns the base of a block of three ports that are free now.
func FreeBlock() (int, error) {
	p, err := reservePorts()
	p.release()
	return p.amqp, err
}
