package podinit_test

import (
	"os"
	"path/filepath"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("Starting a process", func() {
	var p *pod

	BeforeEach(func() {
		p = startPod(podOptions{env: []string{"PATH=/usr/bin:/bin", "IMAGE=image", "BOTH=image"}})
	})

	It("delivers stdout, stderr and the exit status", func(ctx SpecContext) {
		Expect(p.run(ctx, script("echo out; echo err >&2; exit 3"))).To(Equal(result{"out\n", "err\n", 3}))
	})

	It("gives a process that a signal ended the status 128 + signal", func(ctx SpecContext) {
		Expect(p.run(ctx, script("kill -KILL $$")).status).To(Equal(128 + 9))
	})

	It("says that an executable is not in the PATH", func(ctx SpecContext) {
		err := p.Start(ctx, podinit.ProcessSpec{ID: "a", Path: "no-such-thing"})
		Expect(err).To(Equal(&podinit.ExecutableNotFoundError{Path: "no-such-thing"}))
	})

	It("says that an executable is not where its path says", func(ctx SpecContext) {
		err := p.Start(ctx, podinit.ProcessSpec{ID: "a", Path: "/no/such/thing"})
		Expect(err).To(Equal(&podinit.ExecutableNotFoundError{Path: "/no/such/thing"}))
	})

	It("says that a file is not executable", func(ctx SpecContext) {
		err := p.Start(ctx, podinit.ProcessSpec{ID: "a", Path: "/etc/passwd"})
		Expect(err).To(MatchError(ContainSubstring("not an executable file")))
	})

	It("tells init's process ID on the node", func(ctx SpecContext) {
		Expect(p.PID(ctx)).To(Equal(p.command.Process.Pid))
	})

	It("refuses an ID that was used", func(ctx SpecContext) {
		p.run(ctx, named("a/../b", script("true")))
		Expect(p.Start(ctx, named("a/../b", script("true")))).To(Equal(&podinit.ProcessExistsError{ID: "a/../b"}))
	})

	It("frees the ID of a process that did not start", func(ctx SpecContext) {
		Expect(p.Start(ctx, podinit.ProcessSpec{ID: "a", Path: "no-such-thing"})).NotTo(Succeed())
		Expect(p.Start(ctx, named("a", script("true")))).To(Succeed())
	})

	It("says that there is no such process", func(ctx SpecContext) {
		missing := &podinit.NoSuchProcessError{ID: "x"}
		_, err := p.Attach(ctx, "x", podinit.ProcessIO{})
		Expect(err).To(Equal(missing))
		Expect(p.Resize(ctx, "x", podinit.WindowSize{})).To(Equal(missing))
		Expect(p.Signal(ctx, "x", syscall.SIGTERM)).To(Equal(missing))
	})

	Describe("its environment", func() {
		It("is the image's, overlaid by the process'", func(ctx SpecContext) {
			spec := script(`echo "$IMAGE $BOTH $PROCESS"`)
			spec.Env = []string{"BOTH=first", "PROCESS=process", "BOTH=last"}
			Expect(p.run(ctx, spec).stdout).To(Equal("image last process\n"))
		})

		It("has the user's HOME and USER", func(ctx SpecContext) {
			spec := script(`echo "$HOME $USER"`)
			spec.User = "games"
			Expect(p.run(ctx, spec).stdout).To(Equal("/usr/games games\n"))
			spec.Env = []string{"HOME=/mine"}
			Expect(p.run(ctx, spec).stdout).To(Equal("/mine games\n"))
		})

		It("finds executables in the PATH of the process", func(ctx SpecContext) {
			Expect(os.WriteFile(filepath.Join(p.dir, "tool"), []byte("#!/bin/sh\necho found\n"), 0o755)).To(Succeed())
			spec := podinit.ProcessSpec{Path: "tool", Env: []string{"PATH=" + p.dir}}
			Expect(p.run(ctx, spec).stdout).To(Equal("found\n"))
		})

		It("has a PATH if neither image nor process has one", func(ctx SpecContext) {
			p := startPod(podOptions{env: []string{"A=a"}})
			spec := podinit.ProcessSpec{Path: "env"}
			Expect(p.run(ctx, spec).stdout).To(ContainSubstring("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"))
			spec.User = "nobody"
			Expect(p.run(ctx, spec).stdout).To(ContainSubstring("PATH=/usr/local/bin:/usr/bin:/bin\n"))
		})

		It("is in no file and not in the log", func(ctx SpecContext) {
			spec := script("sleep 0.1; echo output; exit 1")
			spec.Env = []string{"PASSWORD=correct-horse"}
			p.run(ctx, spec)
			spec.Dir = "/etc/passwd/x"
			Expect(p.Start(ctx, named("fails", spec))).To(MatchError(Not(ContainSubstring("horse"))))
			entries, err := os.ReadDir(p.stateDir)
			Expect(err).NotTo(HaveOccurred())
			Expect(entries).NotTo(BeEmpty())
			for _, entry := range entries {
				content, err := os.ReadFile(filepath.Join(p.stateDir, entry.Name()))
				Expect(err).NotTo(HaveOccurred())
				Expect(string(content)).NotTo(ContainSubstring("horse"))
			}
			Expect(p.log.String()).NotTo(ContainSubstring("horse"))
		})
	})

	Describe("its working directory", func() {
		It("is the image's if it asks for none", func(ctx SpecContext) {
			Expect(p.run(ctx, podinit.ProcessSpec{Path: "pwd"}).stdout).To(Equal("/\n"))
		})

		It("is created for its user if it is missing", func(ctx SpecContext) {
			spec := script(`stat -c '%n %U' "$PWD" "$PWD/.."; touch new`)
			spec.Dir, spec.User = p.dir+"/a/b", "nobody"
			Expect(p.run(ctx, spec)).To(Equal(result{stdout: spec.Dir + " nobody\n" + spec.Dir + "/.. nobody\n"}))
		})

		It("can't be a file", func(ctx SpecContext) {
			spec := named("a", script("true"))
			spec.Dir = "/etc/passwd"
			Expect(p.Start(ctx, spec)).To(MatchError(ContainSubstring("/etc/passwd")))
		})

		It("is where a relative path starts", func(ctx SpecContext) {
			Expect(os.WriteFile(filepath.Join(p.dir, "tool"), []byte("#!/bin/sh\necho found\n"), 0o755)).To(Succeed())
			spec := podinit.ProcessSpec{Path: "./tool", Dir: p.dir}
			Expect(p.run(ctx, spec).stdout).To(Equal("found\n"))
		})
	})

	DescribeTable("its user",
		func(ctx SpecContext, user, expected string) {
			spec := script(`echo "$(id -u) $(id -g)"`)
			spec.User = user
			Expect(p.run(ctx, spec).stdout).To(Equal(expected + "\n"))
		},
		Entry("the image's", "", "0 0"),
		Entry("a name", "games", "5 60"),
		Entry("a uid", "5", "5 60"),
		Entry("a uid without a name", "4242", "4242 0"),
		Entry("a name and a group", "games:daemon", "5 1"),
		Entry("a uid and a gid", "5:4242", "5 4242"),
	)

	It("says that the image has no such user", func(ctx SpecContext) {
		spec := named("a", script("true"))
		spec.User = "nobody-at-all"
		Expect(p.Start(ctx, spec)).To(MatchError(ContainSubstring(`look up the user "nobody-at-all"`)))
	})

	It("lets the process' user open /dev/stdout and /dev/stderr", func(ctx SpecContext) {
		spec := script("echo out > /dev/stdout; echo err > /dev/stderr")
		spec.User = "nobody"
		Expect(p.run(ctx, spec)).To(Equal(result{stdout: "out\n", stderr: "err\n"}))
	})

	It("resets what init made of signals", func(ctx SpecContext) {
		// The real-time signals, of which init makes nothing, may come ignored
		// from whoever runs the specs: only the last 31 bits are looked at.
		const standardSignals = `grep -E 'SigIgn|SigBlk' /proc/self/status | sed -E 's/\S{8}(.{8})$/\1/'`
		Expect(p.run(ctx, script("yes | head -n 1; "+standardSignals)).stdout).To(MatchRegexp(
			"^y\nSigBlk:\t[08]0000000\nSigIgn:\t[08]0000000\n$"))
	})

	It("says so when the kernel killed for want of memory", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ(), launcher: []string{"sh", "-c",
			`mount -t tmpfs cgroup /sys/fs/cgroup && printf 'oom 0\noom_kill 1\n' > /sys/fs/cgroup/memory.events && exec "$0" "$@"`}})
		Expect(p.run(ctx, script("echo out")).stderr).To(BeEmpty())
		killed := p.run(ctx, script("sed -i 's/oom_kill 1/oom_kill 2/' /sys/fs/cgroup/memory.events; exit 137"))
		Expect(killed.stderr).To(ContainSubstring("raise container_limits.memory"))
		Expect(killed.status).To(Equal(137))
	})

	It("copies output to the pod's log", func(ctx SpecContext) {
		p.run(ctx, script("echo out; echo err >&2"))
		Eventually(p.log.String).Should(And(ContainSubstring("out\n"), ContainSubstring("err\n")))
	})

	It("copies to it what is printed on a terminal, as the task of a build is, but for a person's", func(ctx SpecContext) {
		person := script("echo typed")
		person.Terminal, person.Unlogged = &podinit.WindowSize{Columns: 80, Rows: 24}, true
		p.run(ctx, person)
		task := script("echo printed")
		task.Terminal = person.Terminal
		p.run(ctx, task)
		Eventually(p.log.String).Should(Equal("printed\n"))
	})
})
