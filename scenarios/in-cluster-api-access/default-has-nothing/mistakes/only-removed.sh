kubectl delete rolebinding @{binding} -n @{namespace}
