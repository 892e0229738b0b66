package engine

// NativeImageFetchMode says when images are left to the kubelet to pull.
type NativeImageFetchMode string

const (
	// NativeImageFetchAuto leaves them to the kubelet when every running worker
	// that could take the step is a Kubernetes worker.
	NativeImageFetchAuto NativeImageFetchMode = "auto"
	// NativeImageFetchAlways does so whatever workers there are.
	NativeImageFetchAlways NativeImageFetchMode = "always"
	// NativeImageFetchNever is upstream's behaviour: a get of the image runs.
	NativeImageFetchNever NativeImageFetchMode = "never"
)

// NativeImageFetchFlags are the flags of the web node about native image fetch.
type NativeImageFetchFlags struct {
	Mode NativeImageFetchMode `long:"native-image-fetch" default:"auto" choice:"auto" choice:"always" choice:"never" description:"When the images of steps are left to a Kubernetes worker's kubelet to pull by digest, instead of being fetched into a volume: always, never, or when every worker that could take the step is a Kubernetes worker."`
}
