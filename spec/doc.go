// Package spec says what must hold, and of what: the catalogue of named systems with their parameters, the properties of each
// with the clause of SPEC.md that states it, and the verdict that SPEC.md claims.
//
// A claim is a statement, not a result: it is what SPEC.md says the verdict is, and a run whose verdict differs fails. Claims
// are functions of the parameters, because what a lock promises depends on what may go wrong.
//
// Monitors, the machines that turn properties of histories into something that holds or fails at a step, are here too.
package spec
