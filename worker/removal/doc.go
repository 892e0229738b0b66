// Package removal removes what a step left behind on the node.
//
// A step makes a directory tree as deep as it likes. os.RemoveAll holds two open files for
// each level. One tree of 20,000 levels takes all open files that the worker may have, and
// is not removed in the end. The program rm holds a fixed number of open files, and they
// are its own.
package removal
