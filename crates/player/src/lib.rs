//! Scenario, history and scene: everything between the simulated cluster and a screen.
