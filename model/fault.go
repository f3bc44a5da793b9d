package model

// Faults of a process, as inputs from whatever machine plays the fault-maker. They are vocabulary because every system has
// processes; what a fault means is each machine's own affair.
type (
	// Pause stops a process where it is: it takes no action until Resume. (Garbage collection, SIGSTOP, swapping.)
	Pause struct{}
	// Resume lets a paused process go on.
	Resume struct{}
	// Crash ends a process for good. What it knew is gone.
	Crash struct{}
)

func (Pause) String() string  { return "pause" }
func (Resume) String() string { return "resume" }
func (Crash) String() string  { return "crash" }
