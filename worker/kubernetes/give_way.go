package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
)

// giveWaySession is what the worker's log calls the end of a pod that makes room.
const giveWaySession = "give-way"

// makeWay removes pods that run nothing until there is what a pod lacks. The longest idle go
// first, checks before steps. It says whether any has gone. None goes where all of them would
// not do.
func (b *Backend) makeWay(ctx context.Context, lacks shortage) (any bool) {
	reason := fmt.Errorf("its pod made room for others on node %s, as nothing ran in it any more: run the build again to have another", b.NodeName)
	missing := lacks.missing
	idle := b.idle(time.Now().Add(-b.patience.idle))
	if free(idle, lacks.of) < missing {
		return false
	}
	for _, container := range idle {
		frees := container.frees(lacks.of)
		if frees == 0 || !b.giveWay(ctx, container, reason) {
			continue
		}
		any = true
		if missing -= frees; missing <= 0 {
			return true
		}
	}
	return any
}

// free is how much of a resource the containers' pods leave.
func free(of []*Container, resource string) (sum int64) {
	for _, container := range of {
		sum += container.frees(resource)
	}
	return sum
}

// idle are the containers whose pods are of use to nobody since then or before.
func (b *Backend) idle(since time.Time) []*Container {
	idleSince := map[*Container]time.Time{}
	var idle []*Container
	for _, container := range b.all() {
		if at, ok := container.life.IdleSince(); ok && !at.After(since) {
			idleSince[container] = at
			idle = append(idle, container)
		}
	}
	slices.SortFunc(idle, func(a, b *Container) int {
		if a.life.IsCheck() != b.life.IsCheck() {
			if a.life.IsCheck() {
				return -1
			}
			return 1
		}
		return idleSince[a].Compare(idleSince[b])
	})
	return idle
}

// giveWay takes the pod from a container in which nothing runs. What web may still ask of the
// container is written down before: exit statuses, and how much of the output clients have. The
// output itself is in the run directory.
func (b *Backend) giveWay(ctx context.Context, container *Container, reason error) bool {
	logger := b.Logger.Session(giveWaySession, lager.Data{"handle": container.handle, "pod": container.pod.Name()})
	asked := time.Now()
	exits, err := container.askExits(ctx)
	if err != nil {
		return false
	}
	if err := container.state.Change(func(r *statedir.Record) { r.Exited = exits }); err != nil {
		logger.Error("failed-to-remember-exits", err)
		return false
	}
	if !container.life.GiveWay(reason, asked) {
		return false
	}
	err = container.state.Change(func(r *statedir.Record) { r.Phase, r.Reason = lifecycle.GaveWay, reason.Error() })
	if err != nil {
		logger.Error("failed-to-remember", err)
	}
	logger.Info("removing-pod")
	removed := make(chan struct{})
	go func() {
		defer close(removed)
		b.insistOnTakingPod(container, giveWaySession)
	}()
	select {
	case <-removed:
	case <-time.After(b.patience.removal): // its node does not take it down: the next one goes
	case <-ctx.Done():
	}
	return true
}

var errNotOver = errors.New("a process runs, or has no exit status")

// askExits asks the pod what became of the processes that a client may come back to. It is an
// error if one of them or any other still runs, or if init knows no status of one. Nobody comes
// back to a process in a container of checks, or of a step whose end web knows. Such a pod has no
// say: it would keep its place for as long as Concourse keeps the container of a failed build.
func (c *Container) askExits(ctx context.Context) (map[string]statedir.Exit, error) {
	if c.life.IsCheck() || c.webKnowsTheEnd() {
		return c.noted(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	processes, err := c.podsInit().Processes(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]statedir.Exit{}
	for _, process := range processes {
		if process.Running || process.ToldToEnd || process.Broken != "" {
			return nil, errNotOver
		}
		all[process.ID] = statedir.Exit{Status: process.ExitStatus, Delivered: process.Delivered}
	}
	exits := map[string]statedir.Exit{}
	for _, id := range c.state.Read().Processes {
		exit, known := all[id]
		if !known {
			return nil, errNotOver
		}
		exits[id] = exit
	}
	return exits, nil
}

// letIdleChecksGo takes the pods from containers of checks in which nothing was checked for a
// while.
func (b *Backend) letIdleChecksGo() {
	reason := fmt.Errorf("its pod was removed, as nothing was checked in it for %s (--kubernetes-idle-check-timeout)", b.IdleCheckTimeout)
	for {
		select {
		case <-time.After(max(b.IdleCheckTimeout/4, 50*time.Millisecond)):
		case <-b.ctx.Done():
			return
		}
		for _, container := range b.idle(time.Now().Add(-b.IdleCheckTimeout)) {
			if container.life.IsCheck() {
				b.giveWay(b.ctx, container, reason)
			}
		}
	}
}
