package engine

import "github.com/concourse/concourse/atc/exec"

// The delegates below are upstream's but for what buildStepDelegate has,
// FetchImage and worker.NativeImages: it is embedded one level higher than
// upstream's, so its methods are the ones that are promoted.

type getDelegate struct {
	*buildStepDelegate
	upstreamGet
}

type upstreamGet struct{ exec.GetDelegate }

type putDelegate struct {
	*buildStepDelegate
	upstreamPut
}

type upstreamPut struct{ exec.PutDelegate }

type checkDelegate struct {
	*buildStepDelegate
	upstreamCheck
}

type upstreamCheck struct{ exec.CheckDelegate }
