kubectl create rolebinding readers --clusterrole=view --group=system:serviceaccounts:@{namespace} -n @{namespace}
