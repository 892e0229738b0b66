// Package workercmd is upstream's worker command with one more runtime,
// kubernetes: what upstream's runs for its own runtimes it still runs, and for
// this one it runs the same parts (registration, Baggageclaim, sweepers, health
// check) around a Garden server whose containers are pods.
package workercmd
