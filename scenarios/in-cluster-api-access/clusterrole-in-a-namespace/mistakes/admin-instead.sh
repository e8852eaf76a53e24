kubectl create rolebinding dashboard-admin --clusterrole=admin --serviceaccount=@{namespace}:dashboard -n @{namespace}
