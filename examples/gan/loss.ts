// Who minimises what.

import {
  type AdversarialLosses,
  type Penalty,
  adversarialHinge,
  gradientPenalty,
  wasserstein,
} from "../../src/losses/index.ts";

/** Wasserstein losses with a penalty on slopes: a small one, as the modes are narrow and steep. */
export const pointLosses: AdversarialLosses & { readonly penalty: Penalty } = {
  ...wasserstein,
  penalty: gradientPenalty({ weight: 0.1 }),
};

/** Hinge losses; the discriminator's slopes are bounded by its weights. */
export const imageLosses: AdversarialLosses = adversarialHinge;
