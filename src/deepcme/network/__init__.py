"""The DeepCME network: architecture, training and the engines that do the work."""
