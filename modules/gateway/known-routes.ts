import { matchRoute, type MatchedRoute } from './chroma-routes.js';

/** Beyond, the one that was seen first is forgotten. */
const MAX_KNOWN_ROUTES = 1_000;
/** What is longer is matched each time. */
const MAX_TARGET_CHARACTERS = 1_000;

/** Matches as `matchRoute` does, and remembers what it found: callers ask for the same few targets. */
export class KnownRoutes {
  private readonly routes = new Map<string, MatchedRoute>();

  match(method: string, target: string): MatchedRoute {
    if (target.length > MAX_TARGET_CHARACTERS) return matchRoute(method, target);
    const key = `${method} ${target}`;
    const known = this.routes.get(key);
    if (known !== undefined) return known;
    const route = matchRoute(method, target);
    if (this.routes.size >= MAX_KNOWN_ROUTES) this.forgetOldest();
    this.routes.set(key, route);
    return route;
  }

  get size(): number {
    return this.routes.size;
  }

  private forgetOldest(): void {
    for (const oldest of this.routes.keys()) {
      this.routes.delete(oldest);
      return;
    }
  }
}
