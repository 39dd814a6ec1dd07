package worker

import (
	"errors"
	"fmt"
	"strings"

	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// DefaultDeployment is what a worker deployment is called unless it is told otherwise.
const DefaultDeployment = "muster"

// Deployment is a version of Muster's workers as Temporal knows it ("worker versioning").
// Without one, which is the default, every worker takes every task.
//
// With one, a new version gets no task until somebody makes it the current one, or has it
// ramp up by percentages, and going back is as quick. Temporal sets nothing by itself: the
// first worker with a version waits, and those without go on, until
//
//	temporal worker deployment set-current-version --deployment-name muster --build-id BUILD
//
// All queues of an installation must be served by workers of the version.
//
// Workflows move to the current version at their next task ("auto-upgrade"). They are not
// pinned to the one that began them: incidents are open for weeks and follow-ups for months,
// a version would have to be kept running as long, and would keep its mistakes as long. What
// this asks for, that new code carries on old histories, Muster promises anyway, and tests by
// replaying them.
type Deployment struct {
	// Name is [DefaultDeployment] where it is empty.
	Name string
	// BuildID names this build, such as its commit. Empty turns versioning off.
	BuildID string
}

// check says what is wrong with the deployment. Temporal joins the two by a dot or by a
// colon, and refuses both within the name.
func (d Deployment) check() error {
	if d.BuildID == "" && d.Name != "" {
		return errors.New("a worker deployment has a name but no build id: set both, or none to run without versions")
	}
	if strings.ContainsAny(d.Name, ".:") {
		return fmt.Errorf("the worker deployment %q: its name may hold neither a dot nor a colon", d.Name)
	}
	return nil
}

func (d Deployment) options() sdk.DeploymentOptions {
	if d.BuildID == "" {
		return sdk.DeploymentOptions{}
	}
	name := d.Name
	if name == "" {
		name = DefaultDeployment
	}
	return sdk.DeploymentOptions{
		UseVersioning:             true,
		Version:                   sdk.WorkerDeploymentVersion{DeploymentName: name, BuildID: d.BuildID},
		DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}
}
