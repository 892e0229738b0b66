package workercmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"github.com/tedsuo/ifrit"
	"k8s.io/client-go/kubernetes"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/node"
)

// landAgain is how long a worker of a cordoned node may go on after it was told to
// land: a beacon that lost its connection to web registers the worker as running
// again. It is long, because a request to land that fails ends the worker.
const landAgain = 5 * time.Minute

// cordonedBeacon registers the worker, by upstream's beacon, once its node is not
// cordoned, and lands it when it is. A worker that has landed ends; what starts it
// again (a DaemonSet, whose pods a drain leaves where they are) has it wait here.
// One that ended in another way registers to go on with the steps that it left in
// pods, if it left any, and lands.
//
// The worker's other parts run meanwhile: they answer probes and remove what
// Concourse no longer needs.
type cordonedBeacon struct {
	beacon ifrit.Runner
	node   *node.Watched
	client kubernetes.Interface
	// land tells the beacon to land the worker.
	land      func() error
	landAgain time.Duration
	// containers has a directory for each of the worker's containers.
	containers string
	// landed is a file that is there after the worker has landed.
	landed string
	logger lager.Logger
}

func newCordonedBeacon(logger lager.Logger, beacon ifrit.Runner, on cluster, workDir string) cordonedBeacon {
	logger = logger.WithData(lager.Data{"node": on.nodeName})
	return cordonedBeacon{
		beacon:     beacon,
		node:       on.node,
		client:     on.client,
		land:       askToLand,
		landAgain:  landAgain,
		containers: filepath.Join(workDir, containersDir),
		landed:     filepath.Join(workDir, "landed"),
		logger:     logger,
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
	if err := b.node.Start(ctx, b.client, b.logger); err != nil {
		return err
	}
	if !b.leftSteps() && !b.awaitSchedulable(signals) {
		return nil
	}
	if err := os.RemoveAll(b.landed); err != nil {
		return fmt.Errorf("forget that the worker has landed: %w", err)
	}
	go b.landWhenCordoned(ctx)
	return b.runBeacon(signals, ready)
}

// leftSteps tells whether an earlier life of the worker ended before it had
// landed, with containers. Those of a worker that has landed are what builds left
// behind that have ended.
func (b cordonedBeacon) leftSteps() bool {
	if _, err := os.Stat(b.landed); err == nil {
		return false
	}
	left, err := os.ReadDir(b.containers)
	return err == nil && len(left) > 0
}

// runBeacon notes that the worker has landed where the beacon ends by itself,
// without an error, on a cordoned node. Upstream's beacon returns nil only when web
// answers a heartbeat with that the worker has landed, or is not known any more.
// Every error leaves that open: web may not have been reached.
func (b cordonedBeacon) runBeacon(signals <-chan os.Signal, ready chan<- struct{}) error {
	told := make(chan os.Signal, 1)
	ended := make(chan error, 1)
	go func() { ended <- b.beacon.Run(told, ready) }()
	select {
	case signal := <-signals:
		told <- signal
		return <-ended
	case err := <-ended:
		if cordoned, _ := b.node.Cordoned(); err != nil || !cordoned {
			return err
		}
		return b.noteLanded()
	}
}

func (b cordonedBeacon) noteLanded() error {
	if err := os.WriteFile(b.landed, nil, 0o600); err != nil {
		return fmt.Errorf("note that the worker has landed: %w", err)
	}
	return nil
}

// awaitSchedulable says false if the worker is to stop instead.
func (b cordonedBeacon) awaitSchedulable(signals <-chan os.Signal) bool {
	cordoned, changed := b.node.Cordoned()
	if cordoned {
		b.logger.Info("registering-once-the-node-is-uncordoned")
	}
	for cordoned {
		select {
		case <-changed:
			cordoned, changed = b.node.Cordoned()
		case <-signals:
			return false
		}
	}
	return true
}

// landWhenCordoned goes on until the context ends. The beacon finds by itself that
// the worker has landed; to uncordon the node before does not stop the landing.
func (b cordonedBeacon) landWhenCordoned(ctx context.Context) {
	for {
		cordoned, changed := b.node.Cordoned()
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
