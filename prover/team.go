package prover

import "sync"

// team is goroutines whose panic is that of who waits for them: a panic in a model's code or in a predicate must not take the whole
// process with it where somebody could recover.
type team struct {
	group sync.WaitGroup
	mu    sync.Mutex
	first any // what the first of them panicked with
}

func (t *team) do(f func()) {
	t.group.Go(func() {
		defer func() {
			if reason := recover(); reason != nil {
				t.mu.Lock()
				defer t.mu.Unlock()
				if t.first == nil {
					t.first = reason
				}
			}
		}()
		f()
	})
}

func (t *team) wait() {
	t.group.Wait()
	if t.first != nil {
		panic(t.first)
	}
}
