package contained

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// rooted calls a function on a thread whose root and working directory are the
// open directory. Each path of that function ends below it, whatever links there are
// or appear meanwhile. The function must not touch files from goroutines of its own:
// they run on other threads. It has a umask of 0.
//
// entered is false if the function was not called.
func rooted(directory *os.File, do func() error) (entered bool, err error) {
	done := make(chan struct{})
	go onOtherThanMain(func() {
		defer close(done)
		if err = enter(directory); err == nil {
			entered = true
			err = do()
		}
	})
	<-done
	return entered, err
}

// onOtherThanMain calls a function on a thread that ends with it. The main thread
// never ends, and /proc/self shows its root as the process'.
func onOtherThanMain(do func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		do()
		return // still locked: the runtime ends the thread with its goroutine
	}
	defer runtime.UnlockOSThread()
	done := make(chan struct{})
	go func() {
		defer close(done)
		onOtherThanMain(do) // the main thread is held here
	}()
	<-done
}

// enter changes the root of this thread alone.
func enter(directory *os.File) error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("give a thread a root of its own: %w", err)
	}
	if err := unix.Fchdir(int(directory.Fd())); err != nil {
		return fmt.Errorf("enter %s: %w", directory.Name(), err)
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("make %s the root of a thread, for which the worker must be root: %w", directory.Name(), err)
	}
	unix.Umask(0)
	return nil
}
