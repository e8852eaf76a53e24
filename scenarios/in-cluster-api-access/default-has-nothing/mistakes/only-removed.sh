kubectl delete rolebinding convenience -n @{namespace}
