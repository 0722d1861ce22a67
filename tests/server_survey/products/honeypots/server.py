"""One server of the package, whose own list of all servers needs much more than the mail servers do."""

import importlib.util
import sys
import types

package = types.ModuleType("honeypots")
package.__path__ = importlib.util.find_spec("honeypots").submodule_search_locations
sys.modules["honeypots"] = package
name = sys.argv[1]
module = importlib.import_module(f"honeypots.{name.lower()}_server")
getattr(module, f"Q{name}Server")(ip="0.0.0.0").server_main()
