// Package upstream runs upstream Concourse's own integration suite, the package
// testflight of its module, unmodified against a Concourse of ours.
//
// The suite asks for a few things beyond a running Concourse: specs and fixtures
// in one folder, which lies in a module that requires upstream, as the suite
// builds fly by its import path; a web that hands out fly; and Docker Hub, in
// whose place a mirror will do. Prepare provides them.
package upstream
