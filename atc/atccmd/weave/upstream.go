package weave

const (
	upstream = "github.com/concourse/concourse"
	ours     = "github.com/concourse/concourse-kubernetes"

	engineName = "kubernetesengine"
	workerName = "kubernetesworker"
)

// Package is a package of upstream's that is woven into one of ours.
type Package struct {
	// Folder holds the package, below upstream's root and below ours.
	Folder string

	// Rewrites are the changes by file; every other file stays as it is.
	Rewrites map[string][]Rewrite
}

// Packages are what `make generate` weaves: the composition root, and the
// program around it, which only imports our packages in place of upstream's.
func Packages() []Package {
	return []Package{
		{
			Folder: "atc/atccmd",
			Rewrites: map[string][]Rewrite{
				"command.go": {
					Import(engineName, ours+"/atc/engine"),
					Import(workerName, ours+"/atc/worker"),
					Field("RunCommand", "NativeImageFetch", engineName, "NativeImageFetchFlags", `group:"Native Image Fetch"`),
					ReplaceCall("engine", "NewCoreStepFactory", engineName),
					ReplaceCall("engine", "NewStepperFactory", engineName, [2]string{"cmd", "NativeImageFetch"}),
					WrapLiteral("worker", "DefaultFactory", workerName, "NewFactory"),
				},
			},
		},
		{
			Folder: "cmd/concourse",
			Rewrites: map[string][]Rewrite{
				"command.go": {
					ReplaceImport(upstream+"/atc/atccmd", ours+"/atc/atccmd"),
					ReplaceImport(upstream+"/worker/workercmd", ours+"/worker/workercmd"),
				},
				"quickstart.go": {
					ReplaceImport(upstream+"/worker/workercmd", ours+"/worker/workercmd"),
				},
				"web.go": {
					ReplaceImport(upstream+"/atc/atccmd", ours+"/atc/atccmd"),
				},
			},
		},
	}
}
