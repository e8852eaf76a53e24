kubectl delete role @{program} -n @{namespace}
