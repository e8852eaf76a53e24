kubectl delete role mailer -n @{namespace}
