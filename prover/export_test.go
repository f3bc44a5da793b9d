package prover

// Fine returns options that cut the work as fine as can be: every worker takes part in every level of the smallest system.
func Fine(o Options) Options {
	o.grain = grain{round: 2, chunk: 1, serial: 0}
	return o
}
