// Package podwatch watches the pods of a worker and keeps what was last seen of each.
package podwatch
