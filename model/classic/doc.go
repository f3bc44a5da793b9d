// Package classic holds well-known models with published state counts. They keep the prover honest.
package classic
