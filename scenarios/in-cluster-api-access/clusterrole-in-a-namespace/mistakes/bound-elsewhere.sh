kubectl create rolebinding dashboard-view --clusterrole=view --serviceaccount=@{namespace}:dashboard -n @{other}
