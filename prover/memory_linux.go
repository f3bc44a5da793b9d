package prover

import (
	"syscall"
	"unsafe"
)

// fromSystem is the size in bytes from which memory is asked of the operating system: it goes back at once when it is released,
// where the collector would let twice the need pile up. It comes with its pages in place, since a table that has grown is touched
// everywhere at once, and a fault for each page would cost more than the page.
const fromSystem = 1 << 16

// allocate returns n zero words.
func allocate(n int) []uint64 {
	if n*8 < fromSystem {
		return make([]uint64, n)
	}
	b, err := syscall.Mmap(-1, 0, n*8, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_POPULATE)
	if err != nil {
		panic("prover: no more memory from the operating system: " + err.Error())
	}
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// release gives back what allocate returned.
func release(words []uint64) {
	if len(words)*8 < fromSystem {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8)
	if err := syscall.Munmap(b); err != nil {
		panic("prover: releasing memory: " + err.Error())
	}
}
