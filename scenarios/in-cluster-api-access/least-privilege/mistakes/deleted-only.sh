kubectl delete clusterrolebinding @{program}-admin
