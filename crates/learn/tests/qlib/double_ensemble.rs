//! Double ensembles: predictions beside Qlib's, whose shuffles and draws are those of numpy's generator.

use backstaff_learn::{
    Threads,
    model::{self, DoubleEnsemble},
};

use crate::models::{Written, numbers, rows};

#[test]
fn sub_models_and_predictions_are_qlibs() {
    for written in Written::all("DEnsembleModel") {
        let data = written.data();
        let features = data.features();
        for case in &written.cases {
            let kwargs = &case["kwargs"];
            let seed = case["seed"].as_u64().unwrap() as u32;
            let ensemble = DoubleEnsemble::from_kwargs(kwargs).unwrap().with_shuffle_seed(seed);
            let (train, validation) = (data.samples(&features, 0), data.samples(&features, 1));
            let fit = ensemble.fit(&train, &validation, Threads::ONE, &mut |_| ()).unwrap();
            let read = fit.members.iter().map(|member| member.features.clone()).collect::<Vec<_>>();
            assert_eq!(serde_json::json!(read), case["features"], "{kwargs}");
            let model = fit.fit.model;
            let found = model.predict(&features, &rows(2), Threads::ONE).unwrap();
            for (row, (found, expected)) in found.iter().zip(numbers(case, "test")).enumerate() {
                assert_eq!(
                    found.to_bits(),
                    expected.to_bits(),
                    "{kwargs}, row {row}: {found} is not {expected}"
                );
            }
            let again = model::from_text(&model.to_text()).unwrap();
            assert_eq!(again.predict(&features, &rows(2), Threads::ONE).unwrap(), found);
            assert_eq!(again.importance().unwrap(), model.importance().unwrap());
        }
    }
}
