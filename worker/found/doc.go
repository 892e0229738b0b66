// Package found finds a file before anything opens it. What a pod can write to may
// hold a link, a device or a FIFO in the place of any file, and to open one of those does
// something already.
//
// A found file is an O_PATH descriptor. It stands for the same file, whatever has the
// file's name by now.
package found
