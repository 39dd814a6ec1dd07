package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/config"
	"muster/playbooks"
)

type kustomization struct {
	Labels []struct {
		Pairs map[string]string
	}
	Resources []string
	Images    []struct {
		Name    string
		NewName string `yaml:"newName"`
		NewTag  string `yaml:"newTag"`
	}
	ConfigMaps []struct {
		Name            string
		Literals, Files []string
	} `yaml:"configMapGenerator"`
	Secrets []struct {
		Name string
		Envs []string
	} `yaml:"secretGenerator"`
}

// object is what the tests look at of any Kubernetes object.
type object struct {
	Kind     string
	Metadata struct {
		Name   string
		Labels map[string]string
	}
	Spec struct {
		Replicas int
		Selector map[string]any
		Ports    []struct {
			TargetPort string `yaml:"targetPort"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     podSpec
		}
	}
}

type podSpec struct {
	ServiceAccountName string `yaml:"serviceAccountName"`
	GracePeriodSeconds int    `yaml:"terminationGracePeriodSeconds"`
	Security           struct {
		NonRoot bool                  `yaml:"runAsNonRoot"`
		Seccomp struct{ Type string } `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	InitContainers []container `yaml:"initContainers"`
	Containers     []container
	Volumes        []struct {
		Name      string
		ConfigMap struct{ Name string } `yaml:"configMap"`
	}
}

type container struct {
	Name, Image string
	Args        []string
	EnvFrom     []struct {
		ConfigMap struct{ Name string } `yaml:"configMapRef"`
		Secret    struct{ Name string } `yaml:"secretRef"`
	} `yaml:"envFrom"`
	Env   []struct{ Name string }
	Ports []struct {
		Name string
		Port int `yaml:"containerPort"`
	}
	Liveness  probe `yaml:"livenessProbe"`
	Readiness probe `yaml:"readinessProbe"`
	Startup   probe `yaml:"startupProbe"`
	Security  struct {
		Escalation bool                    `yaml:"allowPrivilegeEscalation"`
		ReadOnly   bool                    `yaml:"readOnlyRootFilesystem"`
		Drop       struct{ Drop []string } `yaml:"capabilities"`
	} `yaml:"securityContext"`
	Resources struct{ Requests, Limits map[string]string }
	Mounts    []struct {
		Name string
		Path string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	HTTP struct{ Path, Port string } `yaml:"httpGet"`
}

const (
	base    = "deploy/kubernetes/base/"
	example = "deploy/kubernetes/example/"
)

// objects are those of the base, with the labels that kustomize adds.
func objects(t *testing.T) []object {
	t.Helper()
	k := document[kustomization](t, base+"kustomization.yaml")
	var all []object
	for _, file := range k.Resources {
		for _, o := range documents[object](t, base+file) {
			for _, labels := range k.Labels {
				for name, value := range labels.Pairs {
					o.Metadata.Labels = with(o.Metadata.Labels, name, value)
					o.Spec.Template.Metadata.Labels = with(o.Spec.Template.Metadata.Labels, name, value)
				}
			}
			all = append(all, o)
		}
	}
	return all
}

func with(labels map[string]string, name, value string) map[string]string {
	if labels == nil {
		labels = map[string]string{}
	}
	labels[name] = value
	return labels
}

// deployments are those of the base, by name.
func deployments(t *testing.T) map[string]object {
	t.Helper()
	all := map[string]object{}
	for _, o := range objects(t) {
		if o.Kind == "Deployment" {
			all[o.Metadata.Name] = o
		}
	}
	require.Len(t, all, 2)
	return all
}

func TestKubernetesSelectorsFindTheirPods(t *testing.T) {
	t.Parallel()
	pods := deployments(t)
	selectable := func(o object) map[string]any {
		if labels, ok := o.Spec.Selector["matchLabels"].(map[string]any); ok {
			return labels
		}
		return o.Spec.Selector
	}
	selected := func(labels map[string]any, o object) bool {
		for name, value := range labels {
			if o.Spec.Template.Metadata.Labels[name] != value {
				return false
			}
		}
		return true
	}
	for _, o := range objects(t) {
		if o.Spec.Selector == nil {
			continue
		}
		var found []string
		for name, pod := range pods {
			if selected(selectable(o), pod) {
				found = append(found, name)
			}
		}
		require.Len(t, found, 1, "%s %s must select the pods of one deployment", o.Kind, o.Metadata.Name)
		for _, port := range o.Spec.Ports {
			require.Equal(t, port.TargetPort, pods[found[0]].Spec.Template.Spec.Containers[0].Ports[0].Name)
		}
	}
}

func TestKubernetesContainersMayDoNoMoreThanTheyMust(t *testing.T) {
	t.Parallel()
	known := muster(t)
	for name, d := range deployments(t) {
		pod := d.Spec.Template.Spec
		require.GreaterOrEqual(t, d.Spec.Replicas, 2, name)
		require.True(t, pod.Security.NonRoot, name)
		require.Equal(t, "RuntimeDefault", pod.Security.Seccomp.Type, name)
		require.Equal(t, "migrate", pod.InitContainers[0].Args[0], "%s: the schema comes before whoever uses it", name)
		for _, c := range append(pod.InitContainers, pod.Containers...) {
			where := name + ": " + c.Name
			known.understands(t, where, c.Args)
			require.True(t, !c.Security.Escalation && c.Security.ReadOnly, where)
			require.Equal(t, []string{"ALL"}, c.Security.Drop.Drop, where)
			require.NotEmpty(t, c.Resources.Requests["memory"], where)
			require.NotEmpty(t, c.Resources.Limits["memory"], where)
			require.NotContains(t, c.Resources.Limits, "cpu", "%s: being throttled delays the page", where)
		}
	}
}

// Alerts are taken also while another part is ill, and no process is started again for it.
func TestKubernetesProbes(t *testing.T) {
	t.Parallel()
	for name, d := range deployments(t) {
		c := d.Spec.Template.Spec.Containers[0]
		require.Equal(t, "/healthz", c.Liveness.HTTP.Path, name)
		require.Equal(t, "/healthz", c.Startup.HTTP.Path, name)
		if name == "muster-server" {
			require.Equal(t, "/healthz", c.Readiness.HTTP.Path)
		}
		for _, p := range []probe{c.Liveness, c.Readiness, c.Startup} {
			require.Equal(t, c.Ports[0].Name, p.HTTP.Port, name)
		}
	}
}

// The times are those of cmd/muster: what a server and a worker take at most to stop.
func TestStoppingIsGivenItsTime(t *testing.T) {
	t.Parallel()
	compose := document[composeFile](t, "docker-compose.yml").Services
	for name, least := range map[string]time.Duration{"server": 60 * time.Second, "worker": 40 * time.Second} {
		pod := deployments(t)["muster-"+name].Spec.Template.Spec
		require.GreaterOrEqual(t, time.Duration(pod.GracePeriodSeconds)*time.Second, least, name)
		grace, err := time.ParseDuration(compose[name].StopGrace)
		require.NoError(t, err)
		require.GreaterOrEqual(t, grace, least, name)
		stops := regexp.MustCompile(`(?m)^TimeoutStopSec=(.*)$`).FindStringSubmatch(read(t, "deploy/systemd/muster-"+name+".service"))
		require.Len(t, stops, 2, name)
		grace, err = time.ParseDuration(stops[1])
		require.NoError(t, err)
		require.GreaterOrEqual(t, grace, least, name)
	}
}

func TestKubernetesExampleHasWhatTheBaseNeeds(t *testing.T) {
	t.Parallel()
	known := muster(t)
	k := document[kustomization](t, example+"kustomization.yaml")
	generated := map[string]bool{}
	for _, m := range k.ConfigMaps {
		generated[m.Name] = true
		for _, literal := range m.Literals {
			variable, _, _ := strings.Cut(literal, "=")
			known.knows(t, m.Name, variable)
		}
		for _, file := range m.Files {
			read(t, example+file)
		}
	}
	for _, s := range k.Secrets {
		generated[s.Name] = true
		for _, file := range s.Envs {
			for line := range strings.Lines(read(t, example+file)) {
				if variable, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
					known.knows(t, file, variable)
					require.Contains(t, value, "sample", "%s must be seen to be a sample", variable)
				}
			}
		}
	}
	images := map[string]bool{}
	for _, image := range k.Images {
		images[image.Name] = true
		pinned(t, "the example", image.NewName+":"+image.NewTag)
	}
	accounts := map[string]bool{}
	for _, o := range objects(t) {
		if o.Kind == "ServiceAccount" {
			accounts[o.Metadata.Name] = true
		}
	}
	for name, d := range deployments(t) {
		pod := d.Spec.Template.Spec
		require.True(t, accounts[pod.ServiceAccountName], name)
		volumes := map[string]bool{}
		for _, v := range pod.Volumes {
			volumes[v.Name] = true
			require.True(t, generated[v.ConfigMap.Name], "%s: ConfigMap %s", name, v.ConfigMap.Name)
		}
		for _, c := range append(pod.InitContainers, pod.Containers...) {
			image, _, _ := strings.Cut(c.Image, ":")
			require.True(t, images[image], "%s: image %s", name, image)
			for _, from := range c.EnvFrom {
				require.True(t, generated[from.ConfigMap.Name+from.Secret.Name], "%s: %v", name, from)
			}
			for _, m := range c.Mounts {
				require.True(t, volumes[m.Name], "%s: volume %s", name, m.Name)
			}
		}
	}
}

func TestKubernetesExampleHasACatalogueThatLoads(t *testing.T) {
	t.Parallel()
	catalogue, err := config.Load(filepath.Join(root, example, "catalogue", "muster.yaml"))
	require.NoError(t, err)
	library, err := playbooks.BuiltIn()
	require.NoError(t, err)
	library, err = library.Load(os.DirFS(catalogue.PlaybooksDir()), ".")
	require.NoError(t, err)
	require.NoError(t, catalogue.CheckPlaybooks(library.Names()...))
	for name, d := range deployments(t) {
		paths := map[string]string{}
		for _, m := range d.Spec.Template.Spec.Containers[0].Mounts {
			paths[m.Name] = m.Path
		}
		require.Equal(t, map[string]string{"catalogue": "/etc/muster/catalogue", "playbooks": "/etc/muster/playbooks"}, paths,
			"%s: the catalogue names its playbooks by their place beside it", name)
	}
}
