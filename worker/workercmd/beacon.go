package workercmd

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse/tsa"
	"github.com/concourse/concourse/worker"
	"github.com/tedsuo/ifrit"
	"github.com/tedsuo/ifrit/restart"
	"golang.org/x/crypto/ssh"
)

// registerAgain is how long the worker waits after its registration failed.
const registerAgain = 5 * time.Second

// newBeacon keeps the worker registered by upstream's beacon. SIGUSR1 lands the
// worker and SIGUSR2 retires it, from the moment that the beacon is made.
func (cmd *WorkerCommand) newBeacon(logger lager.Logger, client worker.TSAClient, at endpoints) ifrit.Runner {
	drain := make(chan os.Signal, 2) // one of each
	signal.Notify(drain, syscall.SIGUSR1, syscall.SIGUSR2)
	return keptUp(logger, &worker.Beacon{
		Logger:                   logger.Session("beacon"),
		Client:                   client,
		DrainSignals:             drain,
		RebalanceInterval:        cmd.RebalanceInterval,
		ConnectionDrainTimeout:   cmd.ConnectionDrainTimeout,
		LocalGardenNetwork:       at.garden.Network,
		LocalGardenAddr:          at.garden.Address,
		LocalBaggageclaimNetwork: at.baggageclaim.Network,
		LocalBaggageclaimAddr:    at.baggageclaim.Address,
	}, registerAgain)
}

// keptUp runs the beacon again after an error, but where web, or its absence, has
// ended the worker's time.
func keptUp(logger lager.Logger, beacon *worker.Beacon, again time.Duration) ifrit.Runner {
	return restart.Restarter{Runner: beacon, Load: func(_ ifrit.Runner, err error) ifrit.Runner {
		if why := whyOver(err, beacon.Drained()); why != "" {
			logger.Info("ending", lager.Data{"reason": why})
			return nil
		}
		logger.Error("registering-again", err, lager.Data{"after": again.String()})
		return delayed{beacon, again}
	}}
}

// whyOver says why a beacon that ended is not to run again, "" if it is.
func whyOver(err error, drained bool) string {
	var exit *ssh.ExitError
	switch {
	case err == nil:
		return "the registration was ended"
	case errors.As(err, &exit): // an ephemeral worker that stalled was deleted, say
		return "web ended the registration"
	case drained && errors.Is(err, tsa.ErrAllGatewaysUnreachable): // nobody is left to finish the drain
		return "web went away while the worker was draining"
	default:
		return ""
	}
}

// delayed runs after a time, unless it is signalled before.
type delayed struct {
	ifrit.Runner
	by time.Duration
}

func (d delayed) Run(signals <-chan os.Signal, ready chan<- struct{}) error {
	select {
	case <-signals:
		return nil
	case <-time.After(d.by):
		return d.Runner.Run(signals, ready)
	}
}
