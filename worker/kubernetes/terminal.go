package kubernetes

import (
	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

func windowSize(tty *garden.TTYSpec) *podinit.WindowSize {
	if tty == nil {
		return nil
	}
	if tty.WindowSize == nil {
		return &podinit.WindowSize{Columns: 80, Rows: 24}
	}
	return &podinit.WindowSize{Columns: tty.WindowSize.Columns, Rows: tty.WindowSize.Rows}
}
