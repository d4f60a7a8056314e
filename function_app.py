"""The function app: registers every blueprint, nothing else."""

import azure.durable_functions as df
import azure.functions as func

from activities.blueprint import blueprint as activities
from orchestrators.blueprint import blueprint as orchestrators
from triggers.blueprints import BLUEPRINTS

# Who asks is known from App Service authentication, not from a key; see `triggers/access.py`.
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in (*BLUEPRINTS, orchestrators, activities):
    app.register_functions(blueprint)
