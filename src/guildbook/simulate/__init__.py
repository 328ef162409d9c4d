"""The labour market: what a deal over traces does to wages, jobs and the concentration of income."""
