package workercmd

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"github.com/tedsuo/ifrit"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/node"
)

// landAgain is how long a worker of a cordoned node may go on after it was told to
// land. Landing may fail, and a beacon that lost its connection registers the
// worker as running again; to land twice is the same as once.
const landAgain = 30 * time.Second

// cordonedBeacon registers the worker, by upstream's beacon, once its node is not
// cordoned, and lands it when it is. A worker that has landed ends; what starts it
// again (a DaemonSet, whose pods a drain leaves where they are) has it wait here.
//
// The worker's other parts run meanwhile: they answer probes and remove what
// Concourse no longer needs.
type cordonedBeacon struct {
	beacon ifrit.Runner
	watch  func(context.Context) (*node.Watched, error)
	// land tells the beacon to land the worker.
	land      func() error
	landAgain time.Duration
	logger    lager.Logger
}

func newCordonedBeacon(logger lager.Logger, beacon ifrit.Runner, on cluster) cordonedBeacon {
	logger = logger.WithData(lager.Data{"node": on.nodeName})
	return cordonedBeacon{
		beacon: beacon,
		watch: func(ctx context.Context) (*node.Watched, error) {
			return node.Watch(ctx, on.client, on.nodeName, logger)
		},
		land:      askToLand,
		landAgain: landAgain,
		logger:    logger,
	}
}

// askToLand is what an operator does to land a worker: upstream's beacon listens
// for this signal from the moment it is made.
func askToLand() error {
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		return fmt.Errorf("land the worker of a cordoned node: signal this process: %w", err)
	}
	return nil
}

func (b cordonedBeacon) Run(signals <-chan os.Signal, ready chan<- struct{}) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	watched, err := b.watch(ctx)
	if err != nil {
		return err
	}
	if !b.awaitSchedulable(watched, signals) {
		return nil
	}
	go b.landWhenCordoned(ctx, watched)
	return b.beacon.Run(signals, ready)
}

// awaitSchedulable says false if the worker is to stop instead.
func (b cordonedBeacon) awaitSchedulable(watched *node.Watched, signals <-chan os.Signal) bool {
	cordoned, changed := watched.Cordoned()
	if cordoned {
		b.logger.Info("registering-once-the-node-is-uncordoned")
	}
	for cordoned {
		select {
		case <-changed:
			cordoned, changed = watched.Cordoned()
		case <-signals:
			return false
		}
	}
	return true
}

// landWhenCordoned goes on until the context ends. The beacon finds by itself that
// the worker has landed; to uncordon the node before does not stop the landing.
func (b cordonedBeacon) landWhenCordoned(ctx context.Context, watched *node.Watched) {
	for {
		cordoned, changed := watched.Cordoned()
		var again <-chan time.Time
		if cordoned {
			b.logger.Info("landing-as-the-node-is-cordoned")
			if err := b.land(); err != nil {
				b.logger.Error("failed-to-land", err)
			}
			again = time.After(b.landAgain)
		}
		select {
		case <-changed:
		case <-again:
		case <-ctx.Done():
			return
		}
	}
}
