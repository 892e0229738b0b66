package server

import (
	"os"

	"golang.org/x/sys/unix"
)

// freeStep is the least that is worth a system call.
const freeStep = 1 << 20

// free gives the file system back what a client has acknowledged and every
// follower has sent. It leaves a hole, so that offsets stay. A file system that
// knows no holes keeps the output until the container goes. The process' mutex
// is held.
func (o *output) free() {
	end := o.acknowledged
	for f := range o.followers {
		end = min(end, f.offset)
	}
	if end-o.freed < freeStep {
		return
	}
	begin := o.freed
	o.freed = end
	file, err := os.OpenFile(o.path, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer file.Close()
	unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, begin, end-begin)
}
