kubectl create job @{sweeper}-last-night --from=cronjob/@{sweeper} -n @{namespace}
