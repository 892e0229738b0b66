package kubernetes

import (
	"context"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

func (p *Process) SetTTY(tty garden.TTYSpec) error {
	size := windowSize(&tty)
	if tty.WindowSize == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.container.backend.ctx, p.container.backend.patience.request)
	defer cancel()
	return p.inPod("resize the terminal of", p.container.podsInit().Resize(ctx, p.id, *size))
}

func windowSize(tty *garden.TTYSpec) *podinit.WindowSize {
	if tty == nil {
		return nil
	}
	if tty.WindowSize == nil {
		return &podinit.WindowSize{Columns: 80, Rows: 24}
	}
	return &podinit.WindowSize{Columns: tty.WindowSize.Columns, Rows: tty.WindowSize.Rows}
}
